/**
 * Tests with workflows: {@link dev.sayiir.postgres.test.autoconfigure.SayiirPostgresTest} starts the stores and a worker that
 * the test drives, and nothing else of an application. Needs {@code spring-boot-starter-test}.
 */
@NullMarked
package dev.sayiir.postgres.test.autoconfigure;

import org.jspecify.annotations.NullMarked;
