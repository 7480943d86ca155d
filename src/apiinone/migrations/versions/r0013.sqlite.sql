CREATE TABLE viewings (
  id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  began_us BIGINT NOT NULL,
  ends_us BIGINT NOT NULL,
  CONSTRAINT pk_viewings PRIMARY KEY (id)
);

CREATE INDEX ix_viewings_account_id ON viewings (account_id, id);

CREATE INDEX ix_viewings_session_id ON viewings (session_id);

CREATE INDEX ix_viewings_began_us ON viewings (began_us);

CREATE TABLE account_prices (
  account_id TEXT NOT NULL,
  model TEXT NOT NULL,
  percent BIGINT NOT NULL,
  changed_us BIGINT NOT NULL,
  CONSTRAINT pk_account_prices PRIMARY KEY (account_id, model),
  CONSTRAINT ck_account_prices_percent CHECK (percent BETWEEN 1 AND 1000)
);

ALTER TABLE tasks ADD COLUMN price_percent BIGINT NOT NULL DEFAULT 100;
ALTER TABLE quotes ADD COLUMN price_percent BIGINT NOT NULL DEFAULT 100;
