CREATE FUNCTION customer_total(customer bigint) RETURNS bigint
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT coalesce(sum(p.total_cents), 0)::bigint
    FROM purchase AS p
   WHERE p.customer_id = customer_total.customer;
END;
