package dev.sayiir.persistence;

import java.util.Optional;

/**
 * Where in a branch of a fork a task stands.
 *
 * @param label the label of the branch
 * @param afterTaskId the task in the branch before it, whose output it is given; empty for the first one
 */
public record BranchStep(String label, Optional<String> afterTaskId) {}
