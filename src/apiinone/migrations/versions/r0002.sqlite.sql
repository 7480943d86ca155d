ALTER TABLE outputs RENAME TO outputs_0001;

DROP INDEX ix_outputs_expires;

CREATE TABLE outputs (
  task_id TEXT NOT NULL,
  output_no BIGINT NOT NULL,
  mode TEXT NOT NULL,
  account_id TEXT NOT NULL,
  storage_key TEXT NOT NULL,
  content_type TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  width BIGINT,
  height BIGINT,
  sha256 TEXT NOT NULL,
  expires_us BIGINT,
  duration_ms BIGINT,
  CONSTRAINT pk_outputs PRIMARY KEY (task_id, output_no),
  CONSTRAINT uq_outputs_storage_key UNIQUE (storage_key)
);

INSERT INTO outputs (task_id, output_no, mode, account_id, storage_key, content_type, bytes, width, height, sha256,
  expires_us)
SELECT task_id, output_no, mode, account_id, storage_key, content_type, bytes, width, height, sha256, expires_us
FROM outputs_0001;

DROP TABLE outputs_0001;

CREATE INDEX ix_outputs_expires ON outputs (expires_us);
