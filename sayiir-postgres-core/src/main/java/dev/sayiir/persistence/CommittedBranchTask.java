package dev.sayiir.persistence;

import java.util.Optional;

/**
 * A task of a branch whose outcome is stored.
 *
 * @param next the claim of the task that comes next in the branch, if it was carried on to it
 */
public record CommittedBranchTask(Optional<TaskClaim> next) {}
