ALTER TABLE purchase
  ADD COLUMN status text NOT NULL DEFAULT 'paid' CHECK (status IN ('open', 'paid', 'refunded'));
