CREATE TABLE callbacks (
  task_id TEXT NOT NULL,
  url TEXT NOT NULL,
  host TEXT NOT NULL,
  CONSTRAINT pk_callbacks PRIMARY KEY (task_id)
);

CREATE TABLE deliveries (
  id TEXT NOT NULL,
  task_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  mode TEXT NOT NULL CONSTRAINT ck_deliveries_mode CHECK (mode IN ('live', 'test')),
  type TEXT NOT NULL CONSTRAINT ck_deliveries_type CHECK (type IN ('task.succeeded', 'task.failed', 'task.canceled')),
  url TEXT,
  host TEXT NOT NULL,
  state TEXT NOT NULL CONSTRAINT ck_deliveries_state CHECK (state IN ('waiting', 'delivered', 'gone', 'failed', 'dropped')),
  due_us BIGINT,
  claims BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  tries_before BIGINT NOT NULL,
  last_status BIGINT,
  last_fault TEXT,
  last_tried_us BIGINT,
  created_us BIGINT NOT NULL,
  CONSTRAINT pk_deliveries PRIMARY KEY (id),
  CONSTRAINT ck_deliveries_waiting_is_due CHECK ((state = 'waiting') = (due_us IS NOT NULL))
);

CREATE INDEX ix_deliveries_list ON deliveries (account_id, mode, created_us, id);

CREATE INDEX ix_deliveries_task ON deliveries (task_id);

CREATE INDEX ix_deliveries_lane ON deliveries (account_id, host, due_us) WHERE due_us IS NOT NULL;

CREATE INDEX ix_deliveries_due ON deliveries (due_us) WHERE due_us IS NOT NULL;

CREATE TABLE delivery_tries (
  delivery_id TEXT NOT NULL,
  claim_no BIGINT NOT NULL,
  tried_us BIGINT NOT NULL,
  took_us BIGINT NOT NULL,
  status BIGINT,
  fault TEXT,
  CONSTRAINT pk_delivery_tries PRIMARY KEY (delivery_id, claim_no)
);

CREATE TABLE webhook_secrets (
  id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  mode TEXT NOT NULL CONSTRAINT ck_webhook_secrets_mode CHECK (mode IN ('live', 'test')),
  sealed BYTEA NOT NULL,
  created_us BIGINT NOT NULL,
  expires_us BIGINT,
  CONSTRAINT pk_webhook_secrets PRIMARY KEY (id)
);

CREATE INDEX ix_webhook_secrets_owner ON webhook_secrets (account_id, mode);
