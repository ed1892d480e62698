/** Measures the codecs next to Jackson's own streaming of the same bytes. */
@NullMarked
package dev.sayiir.benchmarks.codec;

import org.jspecify.annotations.NullMarked;
