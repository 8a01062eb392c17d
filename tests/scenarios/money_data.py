#!/usr/bin/env python3
# What test_money_data expects of the orders of olist_sample, computed another way: decimals, dates, no engine. A line an order: its id, what was
# paid in minor units, the tier of its lateness, the coupon, who approves it, and what the carrier owes.
#   tests/scenarios/money_data.py FOLDER
import csv
import gzip
import os
import sys
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

END = datetime(2018, 4, 6, 21, 52, 36)
TIERS = [('week', timedelta(days=7), '0.20', 1000), ('days', timedelta(days=3), '0.10', 1000), ('hours', timedelta(seconds=1), '0.05', 500)]
LEVELS = [('policy', 1500), ('agent', 4000), ('finance', None)]


def rows(folder, name):
    with gzip.open(os.path.join(folder, name + '.csv.gz'), 'rt', encoding='utf-8', newline='') as file:
        yield from csv.DictReader(file)


def time(text):
    return datetime.strptime(text, '%Y-%m-%d %H:%M:%S') if text else None


def lateness(order):
    """How late it came, or is at the end of the data; None: cancelled, or nobody knows when it came."""
    promised, came = time(order['order_estimated_delivery_date']), time(order['order_delivered_customer_date'])
    if order['order_status'] == 'canceled' or promised is None or (order['order_status'] == 'delivered' and came is None):
        return None
    return (came or END) - promised


def line(order, paid):
    late = lateness(order)
    tier, coupon, by = 'none', 0, 'nobody'
    if late is not None and paid and order['order_status'] != 'created':
        for name, least, share, at_least in TIERS:
            if late >= least:
                part = int((paid * 100 * Decimal(share)).quantize(Decimal(1), rounding=ROUND_HALF_UP))
                tier, coupon = name, min(max(part, at_least), 20000)
                by = next(level for level, up_to in LEVELS if up_to is None or coupon <= up_to)
                break
    sent = order['order_status'] in ('delivered', 'shipped')
    owed = 5000 if sent and late is not None and late > timedelta(hours=24) else 0
    return '%s %d %s %d %s %d' % (order['order_id'], paid * 100, tier, coupon, by, owed)


def main():
    if len(sys.argv) != 2:
        sys.exit('usage: tests/scenarios/money_data.py FOLDER')
    paid = {}
    for payment in rows(sys.argv[1], 'order_payments'):
        paid[payment['order_id']] = paid.get(payment['order_id'], Decimal(0)) + Decimal(payment['payment_value'])
    for order in rows(sys.argv[1], 'orders'):
        print(line(order, paid.get(order['order_id'], Decimal(0))))


main()
