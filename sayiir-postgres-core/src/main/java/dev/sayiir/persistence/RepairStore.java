package dev.sayiir.persistence;

/**
 * Lets go on what stands still. Whatever is done here is in the event log, with who asked for it and why.
 *
 * <pre>{@code
 * SignalRequest request = SignalRequest.of("the input is read again since 2.3.1", "ada");
 * while (repairs.unblock(BlockedQuery.all().atTask("charge"), request) > 0) {}
 * }</pre>
 */
public interface RepairStore {

    /**
     * Lets blocked tasks go on, those first that have been blocked the longest: they are due at once, or when their instance
     * is resumed, with no crash counted against them. Never waits: a task of an instance that somebody else is changing at
     * this moment stays blocked.
     *
     * @param query which tasks; its limit says how many at most
     * @param request who asks, and why
     * @return how many go on
     */
    int unblock(BlockedQuery query, SignalRequest request);
}
