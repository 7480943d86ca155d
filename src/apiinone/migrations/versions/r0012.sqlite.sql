ALTER TABLE holds ADD COLUMN member_id TEXT;

ALTER TABLE holds ADD COLUMN member_day TEXT;
