/**
 * The stores on PostgreSQL: {@link dev.sayiir.postgres.PostgresBackend} and the repositories behind it, each with its SQL
 * beside it, and the {@link dev.sayiir.postgres.SchemaMigrator} that sets up the tables.
 */
@NullMarked
package dev.sayiir.postgres;

import org.jspecify.annotations.NullMarked;
