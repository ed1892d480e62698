/**
 * What an application can hear of while it runs: that an instance has ended, or that a task is blocked. Not to be mixed up
 * with the events that instances are sent and wait for, nor with the {@link dev.sayiir.persistence.EventLog}, which keeps all
 * that ever happened.
 */
@NullMarked
package dev.sayiir.event;

import org.jspecify.annotations.NullMarked;
