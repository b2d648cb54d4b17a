CREATE VIEW open_purchase AS
  SELECT p.id, p.placed_at, p.total_cents, c.email
    FROM purchase AS p
    JOIN customer AS c ON c.id = p.customer_id
   WHERE p.status = 'open';
