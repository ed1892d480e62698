-- The tables of the application itself, beside those of the library, in the same database.
CREATE TABLE order_fulfilment.orders (
    id          text PRIMARY KEY,
    customer    text NOT NULL,
    total_cents bigint NOT NULL,
    content     jsonb NOT NULL,
    placed_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The books of the payment provider: one row per payment, however often it was asked for it.
CREATE TABLE order_fulfilment.payments (
    payment_key text PRIMARY KEY,
    cents       bigint NOT NULL,
    charged     boolean NOT NULL,
    refunded    boolean NOT NULL DEFAULT false,
    requests    integer NOT NULL DEFAULT 1
);

-- The shop's own books. There is no key: each row was added by a task, in the transaction that committed it.
CREATE TABLE order_fulfilment.bookings (
    order_id  text NOT NULL,
    cents     bigint NOT NULL,
    booked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX bookings_order ON order_fulfilment.bookings (order_id);

-- Results that came too late: the claim on the task was another worker's by then.
CREATE TABLE order_fulfilment.dropped_results (
    instance_id text NOT NULL,
    task_id     text NOT NULL,
    worker_id   text NOT NULL,
    claim_token bigint NOT NULL,
    dropped_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
