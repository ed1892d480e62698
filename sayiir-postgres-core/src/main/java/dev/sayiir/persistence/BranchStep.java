package dev.sayiir.persistence;

import java.util.Optional;

/**
 * Where in a branch of a fork a task stands.
 *
 * @param label the label of the branch
 * @param afterTaskId the task whose output it is given: the one before it in the branch; of the first one of a branch that
 *     has no input of its own, the one before the fork; else empty
 */
public record BranchStep(String label, Optional<String> afterTaskId) {}
