CREATE INDEX purchase_customer_id_idx ON purchase (customer_id);

-- Every purchase belongs to a customer. From now on the database sees to it.
ALTER TABLE purchase
  ADD CONSTRAINT purchase_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer (id);
