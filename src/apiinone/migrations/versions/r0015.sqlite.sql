PRAGMA writable_schema = ON;

UPDATE sqlite_master SET sql = replace(
  sql,
  'CHECK (kind IN (''grant'', ''hold'', ''capture'', ''release'', ''expire'', ''freeze'', ''thaw'', ''return'', ''owe'', ''repay''))',
  'CHECK (kind = ''grant'' OR kind = ''hold'' OR kind = ''capture'' OR kind = ''release'' OR kind = ''expire'' OR kind = ''freeze'' OR kind = ''thaw'' OR kind = ''return'' OR kind = ''owe'' OR kind = ''repay'')'
) WHERE type = 'table' AND name = 'entries';

UPDATE sqlite_master SET sql = replace(
  sql,
  'CHECK (state IN (''queued'', ''submitting'', ''running'', ''storing'', ''unknown'', ''succeeded'', ''failed'', ''canceled''))',
  'CHECK (state = ''queued'' OR state = ''submitting'' OR state = ''running'' OR state = ''storing'' OR state = ''unknown'' OR state = ''succeeded'' OR state = ''failed'' OR state = ''canceled'')'
) WHERE type = 'table' AND name = 'tasks';

UPDATE sqlite_master SET sql = replace(
  sql,
  'CHECK (whose_keys IN (''house'', ''own'', ''own_then_house''))',
  'CHECK (whose_keys = ''house'' OR whose_keys = ''own'' OR whose_keys = ''own_then_house'')'
) WHERE type = 'table' AND name = 'tasks';

UPDATE sqlite_master SET sql = replace(
  sql,
  'CHECK (state IN (''planned'', ''sending'', ''accepted'', ''unknown'', ''finished'', ''rejected'', ''canceled'', ''dropped''))',
  'CHECK (state = ''planned'' OR state = ''sending'' OR state = ''accepted'' OR state = ''unknown'' OR state = ''finished'' OR state = ''rejected'' OR state = ''canceled'' OR state = ''dropped'')'
) WHERE type = 'table' AND name = 'attempts';

UPDATE sqlite_master SET sql = replace(
  sql,
  'CHECK (type IN (''task.succeeded'', ''task.failed'', ''task.canceled''))',
  'CHECK (type = ''task.succeeded'' OR type = ''task.failed'' OR type = ''task.canceled'')'
) WHERE type = 'table' AND name = 'deliveries';

UPDATE sqlite_master SET sql = replace(
  sql,
  'CHECK (state IN (''waiting'', ''delivered'', ''gone'', ''failed'', ''dropped''))',
  'CHECK (state = ''waiting'' OR state = ''delivered'' OR state = ''gone'' OR state = ''failed'' OR state = ''dropped'')'
) WHERE type = 'table' AND name = 'deliveries';

PRAGMA writable_schema = RESET;
