CREATE TABLE provider_credentials (
  id TEXT NOT NULL,
  account_id TEXT,
  provider TEXT NOT NULL,
  name TEXT NOT NULL,
  sealed BYTEA,
  seal_key TEXT NOT NULL,
  nodes TEXT NOT NULL,
  submit_gap_us BIGINT,
  concurrent_max BIGINT,
  falls_back BIGINT NOT NULL,
  created_us BIGINT NOT NULL,
  changed_us BIGINT NOT NULL,
  revoked_us BIGINT,
  CONSTRAINT pk_provider_credentials PRIMARY KEY (id),
  CONSTRAINT ck_provider_credentials_good_is_sealed CHECK (sealed IS NOT NULL OR revoked_us IS NOT NULL)
);

CREATE INDEX ix_provider_credentials_account_id ON provider_credentials (account_id);

CREATE INDEX ix_provider_credentials_changed_us ON provider_credentials (changed_us);

CREATE TABLE credential_alarms (
  credential_id TEXT NOT NULL,
  provider TEXT NOT NULL,
  trouble TEXT NOT NULL,
  since_us BIGINT NOT NULL,
  CONSTRAINT pk_credential_alarms PRIMARY KEY (credential_id)
);

ALTER TABLE attempts ADD COLUMN credential_id TEXT;

ALTER TABLE attempts ADD COLUMN own_key BIGINT DEFAULT 0 NOT NULL;

ALTER TABLE tasks ADD COLUMN whose_keys TEXT DEFAULT 'house' NOT NULL
  CONSTRAINT ck_tasks_whose_keys CHECK (whose_keys IN ('house', 'own', 'own_then_house'));

ALTER TABLE tasks ADD COLUMN own_unit_micro BIGINT;

ALTER TABLE quotes ADD COLUMN whose_keys TEXT DEFAULT 'house' NOT NULL;

ALTER TABLE quotes ADD COLUMN own_total_micro BIGINT;
