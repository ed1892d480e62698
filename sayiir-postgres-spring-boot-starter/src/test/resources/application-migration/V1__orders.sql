CREATE TABLE application_orders (id text PRIMARY KEY);
