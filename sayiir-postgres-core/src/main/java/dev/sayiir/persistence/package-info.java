/**
 * What callers program against: the store interfaces, what they return and what they throw. Every implementation keeps
 * the same contract, which the contract suite in this module's tests spells out.
 */
@NullMarked
package dev.sayiir.persistence;

import org.jspecify.annotations.NullMarked;
