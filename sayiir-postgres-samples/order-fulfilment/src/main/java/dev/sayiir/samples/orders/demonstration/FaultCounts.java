package dev.sayiir.samples.orders.demonstration;

/**
 * What was done to the processes and connections.
 *
 * @param kills how many workers were killed
 * @param orphans how many tasks those were doing
 * @param takeovers how many of these somebody else has taken over; of the others, the result had just been committed
 * @param cuts how many connections were cut
 * @param serverKills how often the database server was killed
 */
record FaultCounts(int kills, int orphans, int takeovers, int cuts, int serverKills) {}
