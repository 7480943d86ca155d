CREATE TABLE webhook_endpoints (
  id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  url TEXT NOT NULL,
  host TEXT NOT NULL,
  events TEXT NOT NULL,
  name TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  CONSTRAINT pk_webhook_endpoints PRIMARY KEY (id),
  CONSTRAINT ck_webhook_endpoints_mode CHECK (mode IN ('live', 'test'))
);

CREATE INDEX ix_webhook_endpoints_owner ON webhook_endpoints (account_id, mode);
