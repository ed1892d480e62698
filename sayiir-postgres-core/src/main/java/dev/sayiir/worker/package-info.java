/**
 * Runs workflows: handlers that do tasks and say what comes next, the worker that claims tasks and commits what came out
 * of them, and what an application starts and steers instances with. Knows the store interfaces only.
 */
@NullMarked
package dev.sayiir.worker;

import org.jspecify.annotations.NullMarked;
