/** Measures the stores and the worker, and what plain JDBC does on the same server. */
@NullMarked
package dev.sayiir.benchmarks;

import org.jspecify.annotations.NullMarked;
