/**
 * The model: what an instance of a workflow has reached, as immutable values. A change makes a new {@link
 * dev.sayiir.workflow.WorkflowSnapshot}; nothing here knows a database or a format.
 */
@NullMarked
package dev.sayiir.workflow;

import org.jspecify.annotations.NullMarked;
