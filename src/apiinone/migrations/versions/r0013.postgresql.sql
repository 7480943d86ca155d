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
