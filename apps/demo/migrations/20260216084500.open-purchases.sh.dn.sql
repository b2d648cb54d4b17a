DROP VIEW open_purchase;
