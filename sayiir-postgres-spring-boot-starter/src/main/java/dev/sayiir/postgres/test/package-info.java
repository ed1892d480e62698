/**
 * What tests of workflows work with: {@link dev.sayiir.postgres.test.WorkflowDriver} runs the worker, {@link
 * dev.sayiir.postgres.test.WorkflowClock} lets time pass, {@link dev.sayiir.postgres.test.WorkflowFaults} lets tasks fail, and
 * {@link dev.sayiir.postgres.test.WorkflowAssert} says what has become of an instance. They are beans in a test with {@link
 * dev.sayiir.postgres.test.autoconfigure.SayiirPostgresTest}, and in no other context. Needs {@code spring-boot-starter-test}.
 */
@NullMarked
package dev.sayiir.postgres.test;

import org.jspecify.annotations.NullMarked;
