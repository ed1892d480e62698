/** Real PostgreSQL servers for tests: from Testcontainers where Docker answers, else from embedded binaries. */
@NullMarked
package dev.sayiir.testing;

import org.jspecify.annotations.NullMarked;
