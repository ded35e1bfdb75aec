-- One row per order, folded from the ordering, payment, shipping and review contexts.
-- A row whose OrderPlaced has not arrived has placed_at NULL and is not to be served.
CREATE TABLE orders_g1 (
  order_id          text        COLLATE "C" PRIMARY KEY,
  customer_id       text        COLLATE "C",
  status            text        NOT NULL,   -- placed|confirmed|shipped|delivered|cancelled|rejected
  currency          text,                   -- of items, freight, total, paid and refunded
  items             numeric,
  freight           numeric,
  total             numeric,
  paid              numeric,                -- null until placed, as the four above
  refunded          numeric,
  lines             jsonb       NOT NULL,   -- [{productId, sellerId, quantity, unitPrice: {amount, currency}, freight: {…}}]
  sellers           jsonb       NOT NULL,   -- ["seller id"], sorted, each once
  payments          jsonb       NOT NULL,   -- {paymentId: {state: authorized|captured|refunded|declined, amount: {amount, currency}, refunded?: {…}}}
  shipment_id       text,
  reviews           jsonb       NOT NULL,   -- {reviewId: {score, postedAt}}
  review_score      integer,                -- of the latest review by postedAt, then review id
  review_count      integer     NOT NULL,
  review_score_sum  integer     NOT NULL,
  promised_delivery date,
  placed_at         timestamptz,
  confirmed_at      timestamptz,
  shipped_at        timestamptz,
  delivered_at      timestamptz,
  completed_at      timestamptz,
  cancelled_at      timestamptz,
  rejected_at       timestamptz,
  cancel_reason     text,
  reject_reason     text,
  late              boolean     NOT NULL
) WITH (fillfactor = 70);

-- Keyset pages: ORDER BY placed_at DESC, order_id DESC with (placed_at, order_id) < (?, ?).
CREATE INDEX orders_g1_placed ON orders_g1 (placed_at, order_id) WHERE placed_at IS NOT NULL;
CREATE INDEX orders_g1_customer ON orders_g1 (customer_id, placed_at, order_id) WHERE placed_at IS NOT NULL;
CREATE INDEX orders_g1_status ON orders_g1 (status, placed_at, order_id) WHERE placed_at IS NOT NULL;

-- Totals over the rows of orders_g1, kept equal to them in every transaction (ADR 0003). A row whose
-- measures are all zero does not exist.
CREATE TABLE sellers_g1 (
  seller_id        text    COLLATE "C" NOT NULL,
  currency         text    COLLATE "C" NOT NULL,
  orders           bigint  NOT NULL,
  units            bigint  NOT NULL,
  revenue          numeric NOT NULL,
  late_deliveries  bigint  NOT NULL,
  reviews          bigint  NOT NULL,
  review_score_sum bigint  NOT NULL,
  PRIMARY KEY (seller_id, currency)
) WITH (fillfactor = 50);

CREATE TABLE daily_sales_g1 (
  day       date    NOT NULL,               -- UTC date of placed_at
  currency  text    COLLATE "C" NOT NULL,
  orders    bigint  NOT NULL,
  revenue   numeric NOT NULL,
  cancelled bigint  NOT NULL,
  rejected  bigint  NOT NULL,
  PRIMARY KEY (day, currency)
) WITH (fillfactor = 50);

CREATE VIEW orders      AS SELECT * FROM orders_g1;
CREATE VIEW sellers     AS SELECT * FROM sellers_g1;
CREATE VIEW daily_sales AS SELECT * FROM daily_sales_g1;

INSERT INTO view_generation (view, generation, view_version, state, live_since)
  VALUES ('orders', 1, 1, 'live', now());

GRANT SELECT, INSERT, UPDATE, DELETE ON orders_g1, sellers_g1, daily_sales_g1 TO headrace_projection;
GRANT SELECT ON orders, sellers, daily_sales TO headrace_query;
