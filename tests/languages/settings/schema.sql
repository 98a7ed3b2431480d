-- no
CREATE TABLE shop.users (id INT, name VARCHAR(20) DEFAULT 'x', PRIMARY KEY (id));
INSERT INTO users (id, name) VALUES (1, 'it''s'), (2, 'b');
GRANT SELECT ON shop.* TO 'app'@'localhost';
CREATE ROLE reader LOGIN PASSWORD 'x';
SELECT 1;
