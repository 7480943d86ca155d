CREATE TABLE chat_records (
  task_id TEXT NOT NULL,
  prompt_tokens BIGINT NOT NULL,
  completion_tokens BIGINT NOT NULL,
  reasoning_tokens BIGINT NOT NULL,
  estimated BIGINT NOT NULL,
  finish_reason TEXT,
  owed_micro BIGINT NOT NULL,
  CONSTRAINT pk_chat_records PRIMARY KEY (task_id),
  CONSTRAINT ck_chat_records_owed_micro CHECK (owed_micro >= 0)
);

CREATE TABLE direct_answers (
  task_id TEXT NOT NULL,
  answer TEXT NOT NULL,
  expires_us BIGINT NOT NULL,
  CONSTRAINT pk_direct_answers PRIMARY KEY (task_id)
);

CREATE INDEX ix_direct_answers_expires ON direct_answers (expires_us);
