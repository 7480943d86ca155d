"""Alembic's entry: runs the scripts on the connection it is given, or prints them where there is none."""

from alembic import context

from apiinone.schema import metadata

connection = context.config.attributes.get("connection")
if connection is None:
    context.configure(dialect_name=context.config.attributes["dialect"], literal_binds=True, target_metadata=metadata)
else:
    context.configure(connection=connection, target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
