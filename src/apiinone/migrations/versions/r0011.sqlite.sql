CREATE TABLE house_switches (
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  changed_us BIGINT NOT NULL,
  CONSTRAINT pk_house_switches PRIMARY KEY (name),
  CONSTRAINT ck_house_switches_name CHECK (name IN ('version', 'drain', 'maintenance', 'sign_up'))
);

CREATE TABLE model_switches (
  sub_model TEXT NOT NULL,
  changed_us BIGINT NOT NULL,
  CONSTRAINT pk_model_switches PRIMARY KEY (sub_model)
);

CREATE TABLE offer_switches (
  sub_model TEXT NOT NULL,
  provider TEXT NOT NULL,
  upstream_model TEXT NOT NULL,
  operation TEXT NOT NULL,
  is_off BIGINT NOT NULL,
  priority BIGINT,
  changed_us BIGINT NOT NULL,
  CONSTRAINT pk_offer_switches PRIMARY KEY (sub_model, provider, upstream_model, operation),
  CONSTRAINT ck_offer_switches_is_off CHECK (is_off IN (0, 1))
);

CREATE TABLE site_texts (
  name TEXT NOT NULL,
  markdown TEXT NOT NULL,
  changed_us BIGINT NOT NULL,
  CONSTRAINT pk_site_texts PRIMARY KEY (name)
);

CREATE TABLE adjustments (
  id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  amount_micro BIGINT NOT NULL,
  reason TEXT NOT NULL,
  state TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_us BIGINT NOT NULL,
  decided_by TEXT,
  decided_us BIGINT,
  CONSTRAINT pk_adjustments PRIMARY KEY (id),
  CONSTRAINT ck_adjustments_mode CHECK (mode IN ('live', 'test')),
  CONSTRAINT ck_adjustments_amount_micro CHECK (amount_micro <> 0),
  CONSTRAINT ck_adjustments_state CHECK (state IN ('waiting', 'done', 'refused')),
  CONSTRAINT ck_adjustments_decided CHECK ((state = 'waiting') = (decided_us IS NULL))
);

CREATE INDEX ix_adjustments_account ON adjustments (account_id, id);

CREATE INDEX ix_adjustments_state ON adjustments (state, id);

CREATE TABLE adjustment_days (
  actor TEXT NOT NULL,
  day TEXT NOT NULL,
  alone_micro BIGINT NOT NULL,
  CONSTRAINT pk_adjustment_days PRIMARY KEY (actor, day),
  CONSTRAINT ck_adjustment_days_alone_micro CHECK (alone_micro >= 0)
);

CREATE TABLE poll_lags (
  process TEXT NOT NULL,
  provider TEXT NOT NULL,
  counts TEXT NOT NULL,
  sum_us BIGINT NOT NULL,
  changed_us BIGINT NOT NULL,
  CONSTRAINT pk_poll_lags PRIMARY KEY (process, provider)
);
