CREATE TABLE lots_new (
  id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  source TEXT NOT NULL CONSTRAINT ck_lots_source CHECK (source IN ('grant', 'refill', 'order')),
  granted_micro BIGINT NOT NULL CONSTRAINT ck_lots_granted_micro CHECK (granted_micro > 0),
  available_micro BIGINT NOT NULL CONSTRAINT ck_lots_available_micro CHECK (available_micro >= 0),
  held_micro BIGINT NOT NULL CONSTRAINT ck_lots_held_micro CHECK (held_micro >= 0),
  captured_micro BIGINT NOT NULL CONSTRAINT ck_lots_captured_micro CHECK (captured_micro >= 0),
  expired_micro BIGINT NOT NULL CONSTRAINT ck_lots_expired_micro CHECK (expired_micro >= 0),
  expires_us BIGINT,
  created_us BIGINT NOT NULL,
  frozen_micro BIGINT DEFAULT 0 NOT NULL CONSTRAINT ck_lots_frozen_micro CHECK (frozen_micro >= 0),
  returned_micro BIGINT DEFAULT 0 NOT NULL CONSTRAINT ck_lots_returned_micro CHECK (returned_micro >= 0),
  repaid_micro BIGINT DEFAULT 0 NOT NULL CONSTRAINT ck_lots_repaid_micro CHECK (repaid_micro >= 0),
  disputed BIGINT DEFAULT 0 NOT NULL,
  CONSTRAINT pk_lots PRIMARY KEY (id),
  CONSTRAINT ck_lots_whole CHECK (granted_micro = available_micro + held_micro + captured_micro + expired_micro + frozen_micro + returned_micro + repaid_micro)
);

INSERT INTO lots_new (id, account_id, mode, source, granted_micro, available_micro, held_micro, captured_micro, expired_micro, expires_us, created_us) SELECT id, account_id, mode, source, granted_micro, available_micro, held_micro, captured_micro, expired_micro, expires_us, created_us FROM lots;

DROP TABLE lots;

ALTER TABLE lots_new RENAME TO lots;

CREATE INDEX ix_lots_expiring ON lots (expires_us) WHERE available_micro > 0 AND expires_us IS NOT NULL;

CREATE INDEX ix_lots_spendable ON lots (account_id, mode) WHERE available_micro > 0;

CREATE TABLE entries_new (
  account_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  entry_no BIGINT NOT NULL,
  "key" TEXT NOT NULL,
  kind TEXT NOT NULL CONSTRAINT ck_entries_kind CHECK (kind IN ('grant', 'hold', 'capture', 'release', 'expire', 'freeze', 'thaw', 'return', 'owe', 'repay')),
  from_bucket TEXT NOT NULL,
  to_bucket TEXT NOT NULL,
  amount_micro BIGINT NOT NULL CONSTRAINT ck_entries_amount_micro CHECK (amount_micro > 0),
  lot_id TEXT,
  task_id TEXT,
  request_id TEXT,
  actor TEXT NOT NULL,
  reason TEXT,
  created_us BIGINT NOT NULL,
  hash BLOB NOT NULL,
  CONSTRAINT pk_entries PRIMARY KEY (account_id, mode, entry_no),
  CONSTRAINT uq_entries_key UNIQUE ("key"),
  CONSTRAINT ck_entries_two_buckets CHECK (from_bucket <> to_bucket)
) WITHOUT ROWID;

INSERT INTO entries_new (account_id, mode, entry_no, "key", kind, from_bucket, to_bucket, amount_micro, lot_id, task_id, request_id, actor, reason, created_us, hash) SELECT account_id, mode, entry_no, "key", kind, from_bucket, to_bucket, amount_micro, lot_id, task_id, request_id, actor, reason, created_us, hash FROM entries;

DROP TABLE entries;

ALTER TABLE entries_new RENAME TO entries;

ALTER TABLE balances ADD COLUMN frozen_micro BIGINT DEFAULT 0 NOT NULL
  CONSTRAINT ck_balances_frozen_micro CHECK (frozen_micro >= 0);

ALTER TABLE balances ADD COLUMN debt_micro BIGINT DEFAULT 0 NOT NULL
  CONSTRAINT ck_balances_debt_micro CHECK (debt_micro >= 0)
  CONSTRAINT ck_balances_debt_first CHECK (debt_micro = 0 OR available_micro = 0);

ALTER TABLE holds ADD COLUMN account_day TEXT;

CREATE TABLE alert_addresses (
  account_id TEXT NOT NULL,
  url TEXT NOT NULL,
  CONSTRAINT pk_alert_addresses PRIMARY KEY (account_id)
);

CREATE TABLE alert_rules (
  account_id TEXT NOT NULL,
  kind TEXT NOT NULL CONSTRAINT ck_alert_rules_kind CHECK (kind IN ('low_balance', 'spend_day', 'spend_month')),
  threshold_micro BIGINT NOT NULL CONSTRAINT ck_alert_rules_threshold_micro CHECK (threshold_micro > 0),
  told TEXT,
  CONSTRAINT pk_alert_rules PRIMARY KEY (account_id, kind)
);

CREATE TABLE callbacks_refused (
  method TEXT NOT NULL,
  day TEXT NOT NULL,
  count BIGINT NOT NULL CONSTRAINT ck_callbacks_refused_count CHECK (count >= 0),
  last_us BIGINT NOT NULL,
  CONSTRAINT pk_callbacks_refused PRIMARY KEY (method, day)
);

CREATE TABLE disputes (
  method TEXT NOT NULL,
  vendor_ref TEXT NOT NULL,
  order_id TEXT NOT NULL,
  amount_minor BIGINT NOT NULL CONSTRAINT ck_disputes_amount_minor CHECK (amount_minor >= 0),
  state TEXT NOT NULL CONSTRAINT ck_disputes_state CHECK (state IN ('open', 'won', 'lost')),
  created_us BIGINT NOT NULL,
  ended_us BIGINT,
  CONSTRAINT pk_disputes PRIMARY KEY (method, vendor_ref)
);

CREATE INDEX ix_disputes_order ON disputes (order_id);

CREATE TABLE documents (
  id TEXT NOT NULL,
  series TEXT NOT NULL,
  number BIGINT NOT NULL CONSTRAINT ck_documents_number CHECK (number > 0),
  account_id TEXT NOT NULL,
  order_id TEXT NOT NULL,
  refund_id TEXT,
  content TEXT NOT NULL,
  content_hash BLOB NOT NULL,
  created_us BIGINT NOT NULL,
  CONSTRAINT pk_documents PRIMARY KEY (id),
  CONSTRAINT uq_documents_series_number UNIQUE (series, number)
);

CREATE INDEX ix_documents_account ON documents (account_id, id);

CREATE TABLE number_series (
  name TEXT NOT NULL,
  last_no BIGINT NOT NULL CONSTRAINT ck_number_series_last_no CHECK (last_no >= 0),
  CONSTRAINT pk_number_series PRIMARY KEY (name)
);

CREATE TABLE orders (
  id TEXT NOT NULL,
  number BIGINT NOT NULL,
  account_id TEXT NOT NULL,
  method TEXT NOT NULL,
  origin TEXT NOT NULL CONSTRAINT ck_orders_origin CHECK (origin IN ('buyer', 'operator', 'auto', 'voucher')),
  pack TEXT,
  state TEXT NOT NULL CONSTRAINT ck_orders_state CHECK (state IN ('created', 'paid', 'expired', 'failed', 'disputed', 'refunded', 'charged_back')),
  currency TEXT NOT NULL,
  amount_minor BIGINT NOT NULL CONSTRAINT ck_orders_amount_minor CHECK (amount_minor >= 0),
  credits_micro BIGINT NOT NULL CONSTRAINT ck_orders_credits_micro CHECK (credits_micro > 0),
  bonus_micro BIGINT NOT NULL CONSTRAINT ck_orders_bonus_micro CHECK (bonus_micro >= 0),
  credits_days BIGINT,
  livemode BIGINT NOT NULL CONSTRAINT ck_orders_livemode CHECK (livemode IN (0, 1)),
  saves_method BIGINT NOT NULL CONSTRAINT ck_orders_saves_method CHECK (saves_method IN (0, 1)),
  vendor_ref TEXT,
  payment_ref TEXT,
  pay_url TEXT,
  refunded_minor BIGINT NOT NULL CONSTRAINT ck_orders_refunded_minor CHECK (refunded_minor BETWEEN 0 AND amount_minor),
  owed_micro BIGINT NOT NULL CONSTRAINT ck_orders_owed_micro CHECK (owed_micro >= 0),
  actor TEXT NOT NULL,
  request_mark BLOB,
  request_hash BLOB,
  created_us BIGINT NOT NULL,
  expires_us BIGINT NOT NULL,
  paid_us BIGINT,
  ask_us BIGINT,
  asked BIGINT NOT NULL CONSTRAINT ck_orders_asked CHECK (asked >= 0),
  CONSTRAINT pk_orders PRIMARY KEY (id),
  CONSTRAINT uq_orders_number UNIQUE (number),
  CONSTRAINT uq_orders_method_vendor_ref UNIQUE (method, vendor_ref),
  CONSTRAINT uq_orders_method_payment_ref UNIQUE (method, payment_ref),
  CONSTRAINT uq_orders_account_id_request_mark UNIQUE (account_id, request_mark)
);

CREATE INDEX ix_orders_account ON orders (account_id, id);

CREATE INDEX ix_orders_ask ON orders (ask_us) WHERE ask_us IS NOT NULL;

CREATE TABLE payment_events (
  method TEXT NOT NULL,
  event_id TEXT NOT NULL,
  type TEXT NOT NULL,
  order_id TEXT,
  vendor_ref TEXT,
  payment_ref TEXT,
  outcome TEXT,
  received_us BIGINT NOT NULL,
  due_us BIGINT,
  tries BIGINT NOT NULL CONSTRAINT ck_payment_events_tries CHECK (tries >= 0),
  CONSTRAINT pk_payment_events PRIMARY KEY (method, event_id)
);

CREATE INDEX ix_payment_events_due ON payment_events (due_us) WHERE due_us IS NOT NULL;

CREATE INDEX ix_payment_events_received ON payment_events (received_us);

CREATE TABLE payment_notices (
  id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  facts TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  mailed_us BIGINT,
  due_us BIGINT,
  tries BIGINT NOT NULL CONSTRAINT ck_payment_notices_tries CHECK (tries >= 0),
  CONSTRAINT pk_payment_notices PRIMARY KEY (id)
);

CREATE INDEX ix_payment_notices_account ON payment_notices (account_id, id);

CREATE INDEX ix_payment_notices_due ON payment_notices (due_us) WHERE due_us IS NOT NULL;

CREATE TABLE refunds (
  id TEXT NOT NULL,
  order_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  amount_minor BIGINT NOT NULL CONSTRAINT ck_refunds_amount_minor CHECK (amount_minor > 0),
  credits_micro BIGINT NOT NULL CONSTRAINT ck_refunds_credits_micro CHECK (credits_micro >= 0),
  state TEXT NOT NULL CONSTRAINT ck_refunds_state CHECK (state IN ('asked', 'sent', 'succeeded', 'failed')),
  vendor_ref TEXT,
  actor TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  ended_us BIGINT,
  ask_us BIGINT,
  asked BIGINT NOT NULL CONSTRAINT ck_refunds_asked CHECK (asked >= 0),
  CONSTRAINT pk_refunds PRIMARY KEY (id)
);

CREATE INDEX ix_refunds_ask ON refunds (ask_us) WHERE ask_us IS NOT NULL;

CREATE INDEX ix_refunds_order ON refunds (order_id);

CREATE TABLE saved_methods (
  id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  method TEXT NOT NULL,
  customer_ref TEXT NOT NULL,
  vendor_ref TEXT NOT NULL,
  label TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  removed_us BIGINT,
  CONSTRAINT pk_saved_methods PRIMARY KEY (id),
  CONSTRAINT uq_saved_methods_account_id_method_vendor_ref UNIQUE (account_id, method, vendor_ref)
);

CREATE TABLE suspense (
  id TEXT NOT NULL,
  method TEXT NOT NULL,
  reason TEXT NOT NULL CONSTRAINT ck_suspense_reason CHECK (reason IN ('unknown_order', 'other_method', 'other_account', 'other_amount', 'other_currency', 'other_livemode', 'other_payment', 'unreadable', 'unconfirmed', 'reversed_loss')),
  subject TEXT NOT NULL,
  order_id TEXT,
  currency TEXT,
  amount_minor BIGINT,
  seen_us BIGINT NOT NULL,
  resolved_us BIGINT,
  resolved_as TEXT CONSTRAINT ck_suspense_as CHECK (resolved_as IN ('credited', 'returned', 'dismissed')),
  lot_id TEXT,
  CONSTRAINT pk_suspense PRIMARY KEY (id),
  CONSTRAINT uq_suspense_method_subject_reason UNIQUE (method, subject, reason)
);

CREATE TABLE top_up_crossings (
  account_id TEXT NOT NULL,
  crossing_no BIGINT NOT NULL,
  month TEXT NOT NULL,
  order_id TEXT NOT NULL,
  amount_minor BIGINT NOT NULL,
  created_us BIGINT NOT NULL,
  due_us BIGINT,
  CONSTRAINT pk_top_up_crossings PRIMARY KEY (account_id, crossing_no),
  CONSTRAINT uq_top_up_crossings_order_id UNIQUE (order_id)
);

CREATE INDEX ix_top_up_crossings_due ON top_up_crossings (due_us) WHERE due_us IS NOT NULL;

CREATE INDEX ix_top_up_crossings_month ON top_up_crossings (account_id, month);

CREATE TABLE top_up_rules (
  account_id TEXT NOT NULL,
  threshold_micro BIGINT NOT NULL CONSTRAINT ck_top_up_rules_threshold_micro CHECK (threshold_micro > 0),
  pack TEXT NOT NULL,
  saved_method_id TEXT NOT NULL,
  month_max_minor BIGINT NOT NULL CONSTRAINT ck_top_up_rules_month_max_minor CHECK (month_max_minor > 0),
  armed BIGINT NOT NULL CONSTRAINT ck_top_up_rules_armed CHECK (armed IN (0, 1)),
  paused TEXT,
  crossing_no BIGINT NOT NULL CONSTRAINT ck_top_up_rules_crossing_no CHECK (crossing_no >= 0),
  changed_us BIGINT NOT NULL,
  CONSTRAINT pk_top_up_rules PRIMARY KEY (account_id)
);

CREATE TABLE voucher_tries (
  account_id TEXT NOT NULL,
  since_us BIGINT NOT NULL,
  tries BIGINT NOT NULL CONSTRAINT ck_voucher_tries_tries CHECK (tries >= 0),
  CONSTRAINT pk_voucher_tries PRIMARY KEY (account_id)
);

CREATE TABLE voucher_uses (
  voucher_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  use_no BIGINT NOT NULL,
  order_id TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  CONSTRAINT pk_voucher_uses PRIMARY KEY (voucher_id, account_id, use_no),
  CONSTRAINT uq_voucher_uses_order_id UNIQUE (order_id)
);

CREATE TABLE vouchers (
  id TEXT NOT NULL,
  code_hash BLOB NOT NULL,
  credits_micro BIGINT NOT NULL CONSTRAINT ck_vouchers_credits_micro CHECK (credits_micro > 0),
  uses_max BIGINT NOT NULL CONSTRAINT ck_vouchers_uses_max CHECK (uses_max > 0),
  per_account_max BIGINT NOT NULL CONSTRAINT ck_vouchers_per_account_max CHECK (per_account_max > 0),
  uses BIGINT NOT NULL CONSTRAINT ck_vouchers_uses CHECK (uses BETWEEN 0 AND uses_max),
  credits_days BIGINT,
  expires_us BIGINT,
  revoked_us BIGINT,
  actor TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  CONSTRAINT pk_vouchers PRIMARY KEY (id),
  CONSTRAINT uq_vouchers_code_hash UNIQUE (code_hash)
);
