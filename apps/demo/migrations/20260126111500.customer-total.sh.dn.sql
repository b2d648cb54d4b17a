DROP FUNCTION customer_total(bigint);
