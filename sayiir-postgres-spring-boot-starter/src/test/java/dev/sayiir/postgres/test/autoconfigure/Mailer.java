package dev.sayiir.postgres.test.autoconfigure;

import org.springframework.stereotype.Component;

/** Of no concern to a test of the stores. */
@Component
class Mailer {}
