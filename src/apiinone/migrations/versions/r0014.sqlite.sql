CREATE TABLE list_prices (
  model TEXT NOT NULL,
  operation TEXT NOT NULL,
  figure TEXT NOT NULL,
  amount_micro BIGINT NOT NULL,
  below_cost BIGINT NOT NULL,
  changed_us BIGINT NOT NULL,
  CONSTRAINT pk_list_prices PRIMARY KEY (model, operation, figure),
  CONSTRAINT ck_list_prices_amount_micro CHECK (amount_micro > 0),
  CONSTRAINT ck_list_prices_below_cost CHECK (below_cost IN (0, 1))
);
