CREATE TABLE accounts (
  id TEXT NOT NULL,
  email TEXT NOT NULL,
  state TEXT NOT NULL CONSTRAINT ck_accounts_state CHECK (state IN ('active', 'suspended')),
  created_us BIGINT NOT NULL,
  CONSTRAINT pk_accounts PRIMARY KEY (id),
  CONSTRAINT uq_accounts_email UNIQUE (email)
);

CREATE TABLE attempts (
  id TEXT NOT NULL,
  task_id TEXT NOT NULL,
  attempt_no BIGINT NOT NULL,
  state TEXT NOT NULL CONSTRAINT ck_attempts_state CHECK (state IN ('planned', 'sending', 'accepted', 'unknown', 'finished', 'rejected', 'canceled', 'dropped')),
  provider TEXT NOT NULL,
  upstream_model TEXT NOT NULL,
  chosen_because TEXT NOT NULL,
  expected_cost_micro_usd BIGINT,
  actual_cost_micro_usd BIGINT,
  upstream_id TEXT,
  poll_url TEXT,
  fault TEXT,
  message TEXT,
  created_us BIGINT NOT NULL,
  sent_us BIGINT,
  accepted_us BIGINT,
  ended_us BIGINT,
  late_state TEXT,
  CONSTRAINT pk_attempts PRIMARY KEY (id),
  CONSTRAINT uq_attempts_task_id_attempt_no UNIQUE (task_id, attempt_no)
);

CREATE INDEX ix_attempts_upstream ON attempts (provider, upstream_id) WHERE upstream_id IS NOT NULL;

CREATE TABLE balances (
  account_id TEXT NOT NULL,
  mode TEXT NOT NULL CONSTRAINT ck_balances_mode CHECK (mode IN ('live', 'test')),
  available_micro BIGINT NOT NULL CONSTRAINT ck_balances_available_micro CHECK (available_micro >= 0),
  held_micro BIGINT NOT NULL CONSTRAINT ck_balances_held_micro CHECK (held_micro >= 0),
  entry_no BIGINT NOT NULL CONSTRAINT ck_balances_entry_no CHECK (entry_no >= 0),
  head_hash BLOB NOT NULL,
  refill_day TEXT,
  CONSTRAINT pk_balances PRIMARY KEY (account_id, mode)
) WITHOUT ROWID;

CREATE INDEX ix_balances_refill ON balances (refill_day) WHERE refill_day IS NOT NULL;

CREATE TABLE budget_periods (
  lineage_id TEXT NOT NULL,
  period TEXT NOT NULL,
  used_micro BIGINT NOT NULL CONSTRAINT ck_budget_periods_used_micro CHECK (used_micro >= 0),
  CONSTRAINT pk_budget_periods PRIMARY KEY (lineage_id, period)
) WITHOUT ROWID;

CREATE TABLE budgets (
  lineage_id TEXT NOT NULL,
  limit_micro BIGINT NOT NULL CONSTRAINT ck_budgets_limit_micro CHECK (limit_micro >= 0),
  period TEXT NOT NULL CONSTRAINT ck_budgets_period CHECK (period IN ('day', 'month', 'total')),
  CONSTRAINT pk_budgets PRIMARY KEY (lineage_id)
) WITHOUT ROWID;

CREATE TABLE entries (
  account_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  entry_no BIGINT NOT NULL,
  "key" TEXT NOT NULL,
  kind TEXT NOT NULL CONSTRAINT ck_entries_kind CHECK (kind IN ('grant', 'hold', 'capture', 'release', 'expire')),
  from_bucket TEXT NOT NULL,
  to_bucket TEXT NOT NULL,
  amount_micro BIGINT NOT NULL CONSTRAINT ck_entries_amount_micro CHECK (amount_micro > 0),
  lot_id TEXT,
  task_id TEXT,
  request_id TEXT,
  actor TEXT NOT NULL,
  reason TEXT,
  created_us BIGINT NOT NULL,
  hash BLOB NOT NULL,
  CONSTRAINT pk_entries PRIMARY KEY (account_id, mode, entry_no),
  CONSTRAINT uq_entries_key UNIQUE ("key"),
  CONSTRAINT ck_entries_two_buckets CHECK (from_bucket <> to_bucket)
) WITHOUT ROWID;

CREATE TABLE facts (
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  CONSTRAINT pk_facts PRIMARY KEY (name)
) WITHOUT ROWID;

CREATE TABLE holds (
  id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  key_id TEXT NOT NULL,
  lineage_id TEXT NOT NULL,
  amount_micro BIGINT NOT NULL CONSTRAINT ck_holds_amount_micro CHECK (amount_micro > 0),
  budget_period TEXT,
  request_id TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  CONSTRAINT pk_holds PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE TABLE idempotency (
  account_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  route TEXT NOT NULL,
  "key" TEXT NOT NULL,
  body_hash BLOB NOT NULL,
  task_id TEXT NOT NULL,
  expires_us BIGINT NOT NULL,
  CONSTRAINT pk_idempotency PRIMARY KEY (account_id, mode, route, "key")
) WITHOUT ROWID;

CREATE INDEX ix_idempotency_expires ON idempotency (expires_us);

CREATE TABLE key_loads (
  lineage_id TEXT NOT NULL,
  open_holds BIGINT NOT NULL CONSTRAINT ck_key_loads_open_holds CHECK (open_holds >= 0),
  CONSTRAINT pk_key_loads PRIMARY KEY (lineage_id)
) WITHOUT ROWID;

CREATE TABLE lots (
  id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  source TEXT NOT NULL CONSTRAINT ck_lots_source CHECK (source IN ('grant', 'refill', 'order')),
  granted_micro BIGINT NOT NULL CONSTRAINT ck_lots_granted_micro CHECK (granted_micro > 0),
  available_micro BIGINT NOT NULL CONSTRAINT ck_lots_available_micro CHECK (available_micro >= 0),
  held_micro BIGINT NOT NULL CONSTRAINT ck_lots_held_micro CHECK (held_micro >= 0),
  captured_micro BIGINT NOT NULL CONSTRAINT ck_lots_captured_micro CHECK (captured_micro >= 0),
  expired_micro BIGINT NOT NULL CONSTRAINT ck_lots_expired_micro CHECK (expired_micro >= 0),
  expires_us BIGINT,
  created_us BIGINT NOT NULL,
  CONSTRAINT pk_lots PRIMARY KEY (id),
  CONSTRAINT ck_lots_whole CHECK (granted_micro = available_micro + held_micro + captured_micro + expired_micro)
);

CREATE INDEX ix_lots_expiring ON lots (expires_us) WHERE available_micro > 0 AND expires_us IS NOT NULL;

CREATE INDEX ix_lots_spendable ON lots (account_id, mode) WHERE available_micro > 0;

CREATE TABLE operator_actions (
  id TEXT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  CONSTRAINT pk_operator_actions PRIMARY KEY (id)
);

CREATE TABLE outputs (
  task_id TEXT NOT NULL,
  output_no BIGINT NOT NULL,
  mode TEXT NOT NULL,
  account_id TEXT NOT NULL,
  storage_key TEXT NOT NULL,
  content_type TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  width BIGINT NOT NULL,
  height BIGINT NOT NULL,
  sha256 TEXT NOT NULL,
  expires_us BIGINT,
  CONSTRAINT pk_outputs PRIMARY KEY (task_id, output_no),
  CONSTRAINT uq_outputs_storage_key UNIQUE (storage_key)
) WITHOUT ROWID;

CREATE INDEX ix_outputs_expires ON outputs (expires_us);

CREATE TABLE quotes (
  id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  body_hash BLOB NOT NULL,
  price_version TEXT NOT NULL,
  unit_micro BIGINT NOT NULL,
  units BIGINT NOT NULL,
  expires_us BIGINT NOT NULL,
  used_by TEXT,
  CONSTRAINT pk_quotes PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE INDEX ix_quotes_expires ON quotes (expires_us);

CREATE TABLE task_inputs (
  task_id TEXT NOT NULL,
  request TEXT NOT NULL,
  metadata TEXT,
  CONSTRAINT pk_task_inputs PRIMARY KEY (task_id)
) WITHOUT ROWID;

CREATE TABLE task_labels (
  account_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  task_id TEXT NOT NULL,
  CONSTRAINT pk_task_labels PRIMARY KEY (account_id, mode, name, value, task_id)
) WITHOUT ROWID;

CREATE INDEX ix_task_labels_task ON task_labels (task_id);

CREATE TABLE tasks (
  id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  mode TEXT NOT NULL CONSTRAINT ck_tasks_mode CHECK (mode IN ('live', 'test')),
  key_id TEXT NOT NULL,
  lineage_id TEXT NOT NULL,
  request_id TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  model TEXT NOT NULL,
  sub_model TEXT NOT NULL,
  node BIGINT NOT NULL,
  suffix TEXT NOT NULL,
  scenario TEXT,
  state TEXT NOT NULL CONSTRAINT ck_tasks_state CHECK (state IN ('queued', 'submitting', 'running', 'storing', 'unknown', 'succeeded', 'failed', 'canceled')),
  fence BIGINT NOT NULL,
  holder TEXT,
  claims BIGINT NOT NULL,
  due_us BIGINT,
  sweep_us BIGINT,
  deadline_us BIGINT NOT NULL,
  unknown_limit_us BIGINT NOT NULL,
  held_micro BIGINT NOT NULL,
  unit_micro BIGINT NOT NULL,
  units BIGINT NOT NULL,
  captured_micro BIGINT,
  attempts BIGINT NOT NULL,
  attempt_id TEXT,
  result_ttl_s BIGINT NOT NULL,
  cancel_requested_us BIGINT,
  error_type TEXT,
  error_message TEXT,
  catalogue_version TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  started_us BIGINT,
  finished_us BIGINT,
  expires_us BIGINT,
  deleted_us BIGINT,
  CONSTRAINT pk_tasks PRIMARY KEY (id),
  CONSTRAINT ck_tasks_ended_is_settled CHECK ((finished_us IS NULL) = (captured_micro IS NULL)),
  CONSTRAINT ck_tasks_captured CHECK (captured_micro IS NULL OR (captured_micro >= 0 AND captured_micro <= held_micro))
);

CREATE INDEX ix_tasks_claimable ON tasks (account_id, due_us, node) WHERE holder IS NULL AND due_us IS NOT NULL;

CREATE INDEX ix_tasks_holder ON tasks (holder) WHERE holder IS NOT NULL;

CREATE INDEX ix_tasks_list ON tasks (account_id, mode, id);

CREATE INDEX ix_tasks_sweep ON tasks (sweep_us) WHERE sweep_us IS NOT NULL;

CREATE TABLE usage_days (
  account_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  day TEXT NOT NULL,
  model TEXT NOT NULL,
  key_id TEXT NOT NULL,
  tasks_succeeded BIGINT NOT NULL CONSTRAINT ck_usage_days_tasks_succeeded CHECK (tasks_succeeded >= 0),
  tasks_not_charged BIGINT NOT NULL CONSTRAINT ck_usage_days_tasks_not_charged CHECK (tasks_not_charged >= 0),
  captured_micro BIGINT NOT NULL CONSTRAINT ck_usage_days_captured_micro CHECK (captured_micro >= 0),
  CONSTRAINT pk_usage_days PRIMARY KEY (account_id, mode, day, model, key_id)
) WITHOUT ROWID;

CREATE TABLE workers (
  epoch TEXT NOT NULL,
  nodes TEXT NOT NULL,
  started_us BIGINT NOT NULL,
  lease_until_us BIGINT NOT NULL,
  CONSTRAINT pk_workers PRIMARY KEY (epoch)
) WITHOUT ROWID;

CREATE TABLE hold_slices (
  hold_id TEXT NOT NULL,
  slice_no BIGINT NOT NULL,
  lot_id TEXT NOT NULL,
  amount_micro BIGINT NOT NULL CONSTRAINT ck_hold_slices_amount_micro CHECK (amount_micro > 0),
  CONSTRAINT pk_hold_slices PRIMARY KEY (hold_id, slice_no),
  CONSTRAINT fk_hold_slices_hold_id FOREIGN KEY(hold_id) REFERENCES holds (id),
  CONSTRAINT fk_hold_slices_lot_id FOREIGN KEY(lot_id) REFERENCES lots (id)
) WITHOUT ROWID;

CREATE TABLE keys (
  id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  mode TEXT NOT NULL CONSTRAINT ck_keys_mode CHECK (mode IN ('live', 'test')),
  lineage_id TEXT NOT NULL,
  secret_hash BLOB NOT NULL,
  name TEXT NOT NULL,
  rules TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  expires_us BIGINT,
  revoked_us BIGINT,
  last_used_us BIGINT,
  CONSTRAINT pk_keys PRIMARY KEY (id),
  CONSTRAINT fk_keys_account_id FOREIGN KEY(account_id) REFERENCES accounts (id)
);

CREATE INDEX ix_keys_account ON keys (account_id, id);

CREATE TABLE settlements (
  hold_id TEXT NOT NULL,
  kind TEXT NOT NULL CONSTRAINT ck_settlements_kind CHECK (kind IN ('capture', 'release')),
  captured_micro BIGINT NOT NULL CONSTRAINT ck_settlements_captured_micro CHECK (captured_micro >= 0),
  released_micro BIGINT NOT NULL CONSTRAINT ck_settlements_released_micro CHECK (released_micro >= 0),
  attempt_id TEXT,
  actor TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  CONSTRAINT pk_settlements PRIMARY KEY (hold_id),
  CONSTRAINT ck_settlements_kind_amount CHECK ((kind = 'capture') = (captured_micro > 0)),
  CONSTRAINT fk_settlements_hold_id FOREIGN KEY(hold_id) REFERENCES holds (id)
) WITHOUT ROWID;
