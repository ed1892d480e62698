/** An embedded PostgreSQL, so that the sample runs with nothing else installed. Not for an application in earnest. */
@NullMarked
package dev.sayiir.samples.orders.database;

import org.jspecify.annotations.NullMarked;
