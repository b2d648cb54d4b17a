DO $$
DECLARE
  first_shard int := current_setting('shop.node')::int * 24;
BEGIN
  FOR number IN first_shard .. first_shard + 23 LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', 'sh' || lpad(number::text, 4, '0'));
  END LOOP;
END
$$;
