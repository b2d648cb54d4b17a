ALTER TABLE purchase DROP CONSTRAINT purchase_customer_id_fkey;

DROP INDEX purchase_customer_id_idx;
