CREATE TABLE customer (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email text NOT NULL,
  joined_at timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX customer_email_key ON customer (lower(email));
