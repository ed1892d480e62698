package dev.sayiir.postgres.test;

import org.springframework.data.jpa.repository.JpaRepository;

interface Invoices extends JpaRepository<Invoice, String> {}
