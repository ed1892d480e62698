/** A backend that keeps everything in this process: for unit tests, and as the model that others are compared with. */
@NullMarked
package dev.sayiir.persistence.memory;

import org.jspecify.annotations.NullMarked;
