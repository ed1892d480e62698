package dev.sayiir.shop;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;

/** As an application has it. */
@Entity
class Invoice {

    @Id
    private String orderId = "";

    private String card = "";

    protected Invoice() {}

    Invoice(String orderId, String card) {
        this.orderId = orderId;
        this.card = card;
    }

    String card() {
        return card;
    }
}
