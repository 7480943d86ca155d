ALTER TABLE accounts ADD COLUMN cleared_us BIGINT;

ALTER TABLE keys ADD COLUMN made_by TEXT;

CREATE INDEX ix_keys_made_by ON keys (made_by) WHERE made_by IS NOT NULL;

CREATE INDEX ix_accounts_to_clear ON accounts (closed_us) WHERE closed_us IS NOT NULL AND cleared_us IS NULL;
