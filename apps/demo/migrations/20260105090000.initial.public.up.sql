-- Makes the shards of this node: 24 schemas, with numbers that are unique in the whole cluster.
-- Each node knows its own number (ALTER ROLE … SET shop.node).
DO $$
DECLARE
  first_shard int := current_setting('shop.node')::int * 24;
BEGIN
  FOR number IN first_shard .. first_shard + 23 LOOP
    EXECUTE format('CREATE SCHEMA %I', 'sh' || lpad(number::text, 4, '0'));
  END LOOP;
END
$$;
