/** Snapshots as bytes and back: Sayiir's envelope and JSON form, Smile, and the registry of codecs. */
@NullMarked
package dev.sayiir.codec;

import org.jspecify.annotations.NullMarked;
