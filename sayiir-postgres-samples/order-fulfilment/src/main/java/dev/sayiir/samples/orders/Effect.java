package dev.sayiir.samples.orders;

/**
 * What a step did to the world outside, which no database can take back.
 *
 * @param instanceId the order's workflow instance
 * @param step the step
 * @param reference the number under which the outside world knows what was done; a step that runs again has the same
 */
record Effect(String instanceId, Step step, String reference) {}
