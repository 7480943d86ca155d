ALTER TABLE accounts ADD COLUMN name TEXT DEFAULT '' NOT NULL;

ALTER TABLE accounts ADD COLUMN closed_us BIGINT;

CREATE TABLE people (
  id TEXT NOT NULL,
  email TEXT NOT NULL,
  name TEXT NOT NULL,
  password_hash TEXT,
  verified_us BIGINT,
  state TEXT NOT NULL,
  language TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  operator BIGINT NOT NULL,
  totp_sealed BLOB,
  totp_confirmed_us BIGINT,
  totp_step BIGINT,
  created_us BIGINT NOT NULL,
  CONSTRAINT pk_people PRIMARY KEY (id),
  CONSTRAINT uq_people_email UNIQUE (email),
  CONSTRAINT ck_people_state CHECK (state IN ('active', 'suspended'))
);

CREATE INDEX ix_people_created_us ON people (created_us);

CREATE TABLE members (
  account_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  role TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  CONSTRAINT pk_members PRIMARY KEY (account_id, person_id),
  CONSTRAINT fk_members_account_id FOREIGN KEY (account_id) REFERENCES accounts (id),
  CONSTRAINT fk_members_person_id FOREIGN KEY (person_id) REFERENCES people (id),
  CONSTRAINT ck_members_role CHECK (role IN ('owner', 'admin', 'developer', 'billing', 'viewer'))
);

CREATE INDEX ix_members_person_id ON members (person_id);

CREATE TABLE sessions (
  id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  account_id TEXT,
  mode TEXT NOT NULL,
  agent TEXT NOT NULL,
  totp_due BIGINT NOT NULL,
  created_us BIGINT NOT NULL,
  seen_us BIGINT NOT NULL,
  expires_us BIGINT NOT NULL,
  stepped_up_us BIGINT,
  CONSTRAINT pk_sessions PRIMARY KEY (id),
  CONSTRAINT fk_sessions_person_id FOREIGN KEY (person_id) REFERENCES people (id),
  CONSTRAINT ck_sessions_mode CHECK (mode IN ('live', 'test'))
);

CREATE INDEX ix_sessions_person_id ON sessions (person_id);

CREATE INDEX ix_sessions_expires_us ON sessions (expires_us);

CREATE TABLE mail_tokens (
  id TEXT NOT NULL,
  purpose TEXT NOT NULL,
  person_id TEXT,
  account_id TEXT,
  email TEXT NOT NULL,
  role TEXT,
  created_us BIGINT NOT NULL,
  expires_us BIGINT NOT NULL,
  CONSTRAINT pk_mail_tokens PRIMARY KEY (id),
  CONSTRAINT ck_mail_tokens_purpose CHECK (purpose IN ('verify', 'reset', 'invite', 'change_address', 'delete'))
);

CREATE INDEX ix_mail_tokens_person_id ON mail_tokens (person_id);

CREATE INDEX ix_mail_tokens_account_id ON mail_tokens (account_id);

CREATE INDEX ix_mail_tokens_expires_us ON mail_tokens (expires_us);

CREATE TABLE recovery_codes (
  id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  CONSTRAINT pk_recovery_codes PRIMARY KEY (id),
  CONSTRAINT fk_recovery_codes_person_id FOREIGN KEY (person_id) REFERENCES people (id)
);

CREATE INDEX ix_recovery_codes_person_id ON recovery_codes (person_id);

CREATE TABLE identities (
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  person_id TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  CONSTRAINT pk_identities PRIMARY KEY (issuer, subject),
  CONSTRAINT fk_identities_person_id FOREIGN KEY (person_id) REFERENCES people (id)
);

CREATE INDEX ix_identities_person_id ON identities (person_id);

CREATE TABLE throttles (
  id TEXT NOT NULL,
  free_us BIGINT NOT NULL,
  CONSTRAINT pk_throttles PRIMARY KEY (id)
);

CREATE INDEX ix_throttles_free_us ON throttles (free_us);

CREATE TABLE mails (
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  recipient TEXT NOT NULL,
  sealed BLOB NOT NULL,
  due_us BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  fault TEXT,
  created_us BIGINT NOT NULL,
  CONSTRAINT pk_mails PRIMARY KEY (id)
);

CREATE INDEX ix_mails_due_us ON mails (due_us);

CREATE INDEX ix_mails_recipient ON mails (recipient);
