package dev.sayiir.samples.orders;

/**
 * One kind of article in an order.
 *
 * @param sku the article number
 * @param name what the article is called
 * @param quantity how many of it
 * @param unitPriceCents the price of one, in cents
 * @param unitGrams the weight of one
 */
record OrderLine(String sku, String name, int quantity, long unitPriceCents, int unitGrams) {

    long totalCents() {
        return quantity * unitPriceCents;
    }
}
