/** A first workflow. */
@NullMarked
package dev.sayiir.samples.hello;

import org.jspecify.annotations.NullMarked;
